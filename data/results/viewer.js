"use strict";
const $ = (id) => document.getElementById(id);
let episode = null, at = 0, timer = null;

function node(tag, text, kind) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

/* What was done, as a person would say it. */
function told(step) {
  const {kind, point, to, text, clear, enter} = step.action;
  const quoted = text ? ` \u201c${text}\u201d` : "";
  const on = point && !to ? ` ${named(step, point)}` : "";
  if (kind === "swipe") return `swipe ${direction(point, to)}`;
  if (kind === "type") return `${clear ? "replace by" : "type"}${quoted}${on && " in" + on}${enter ? ", Enter" : ""}`;
  if (kind === "key") return `press ${text.toLowerCase()}`;
  if (kind === "status") return `say: ${text}`;
  return `${kind.replace("_", " ")}${on}${quoted}`;
}

function direction([x, y], [x2, y2]) {
  return Math.abs(x2 - x) > Math.abs(y2 - y) ? (x2 > x ? "right" : "left") : (y2 > y ? "down" : "up");
}

/* The smallest element with a name under a finger, or the point. */
function named(step, [x, y]) {
  const area = ({bounds: [l, t, r, b]}) => (r - l) * (b - t);
  const under = step.elements.filter(({name, bounds: [l, t, r, b]}) => name && l <= x && x < r && t <= y && y < b);
  const found = under.sort((one, other) => area(one) - area(other))[0];
  return found ? `\u201c${found.name.length > 40 ? found.name.slice(0, 39) + "\u2026" : found.name}\u201d`
    : `(${Math.round(x)}, ${Math.round(y)})`;
}

function choose(index) {
  episode = EPISODES[index];
  $("episode").value = index;
  $("instruction").textContent = episode.instruction;
  $("outcome").textContent = episode.outcome;
  $("outcome").className = `badge ${episode.outcome === "done" ? "good" : "bad"}`;
  $("about").textContent = `${episode.policy}, ${episode.steps.length - 1} of ${episode.budget} steps; ` +
    (episode.differs ? `differs from the record at ${episode.differs}` : "replayed exactly as recorded");
  $("about").className = episode.differs ? "error" : "";
  $("at").max = episode.steps.length - 1;
  $("steps").replaceChildren(...episode.steps.map((step, number) => {
    const line = node("li");
    const link = node("button");
    link.append(node("b", step.said === null ? "end of the episode" : told(step)));
    if (step.said !== null) link.append(node("code", step.said));
    if (step.error) link.append(node("span", step.error, "error"));
    if (step.reward) link.append(node("span", `reward ${step.reward}`, "holds"));
    link.addEventListener("click", () => show(number));
    line.append(link);
    return line;
  }));
  $("clauses").replaceChildren(...Object.keys(episode.steps[0].clauses).map((name) => {
    const row = node("tr");
    const head = node("th", name);
    head.scope = "row";
    row.append(head, ...episode.steps.map((step, number) => {
      const cell = node("td", step.clauses[name] ? "\u2713" : "\u2717", step.clauses[name] ? "good" : "bad");
      cell.title = `${name}: ${step.clauses[name] ? "true" : "false"} before step ${number}`;
      cell.addEventListener("click", () => show(number));
      return cell;
    }));
    return row;
  }));
  const effects = episode.side_effects.map((name) => node("li", name));
  $("effects").replaceChildren(...(effects.length ? effects : [node("li", "none")]));
}

function place(made, box, size) {
  made.style.left = `${100 * box[0] / size[0]}%`;
  made.style.top = `${100 * box[1] / size[1]}%`;
  made.style.width = `${100 * (box[2] - box[0]) / size[0]}%`;
  made.style.height = `${100 * (box[3] - box[1]) / size[1]}%`;
  return made;
}

function show(number) {
  at = Math.max(0, Math.min(number, episode.steps.length - 1));
  const step = episode.steps[at], [width, height] = step.size;
  $("picture").src = step.png;
  $("at").value = at;
  $("number").textContent = `${at} / ${episode.steps.length - 1}`;
  const marks = [];
  if ($("boxes").checked) {
    step.elements.forEach((element, index) => {
      const box = place(node("div", undefined, "box"), element.bounds, step.size);
      box.title = `[${index}] ${element.class} ${element.name}`;
      box.append(node("span", index));
      marks.push(box);
    });
  }
  const {point, to} = step.action;
  if (point) {
    const finger = node("div", undefined, `touch${step.action.kind === "long_press" ? " long" : ""}`);
    marks.push(place(finger, [...point, ...point], step.size));
  }
  $("overlay").replaceChildren(...marks);
  $("path").setAttribute("viewBox", `0 0 ${width} ${height}`);
  $("line").setAttribute("d", point && to ? `M${point[0]} ${point[1]} L${to[0]} ${to[1]}` : "");
  for (const row of $("clauses").children) {
    [...row.children].slice(1).forEach((cell, index) => cell.classList.toggle("now", index === at));
  }
  [...$("steps").children].forEach((line, index) => line.classList.toggle("now", index === at));
  if (matchMedia("(min-width: 46rem)").matches) $("steps").children[at].scrollIntoView({block: "nearest"});
  history.replaceState(null, "", `#${$("episode").value}.${at}`);
}

function stop() {
  clearInterval(timer);
  timer = null;
  $("play").textContent = "Play";
}

function play() {
  if (timer) return stop();
  if (at + 1 === episode.steps.length) show(0);
  $("play").textContent = "Stop";
  timer = setInterval(() => (at + 1 < episode.steps.length ? show(at + 1) : stop()), 800);
}

$("episode").addEventListener("change", (event) => { stop(); choose(Number(event.target.value)); show(0); });
$("at").addEventListener("input", (event) => show(Number(event.target.value)));
$("back").addEventListener("click", () => show(at - 1));
$("on").addEventListener("click", () => show(at + 1));
$("boxes").addEventListener("change", () => show(at));
$("play").addEventListener("click", play);
document.addEventListener("keydown", (event) => {
  if (["SELECT", "INPUT"].includes(event.target.tagName)) return;
  if (event.key === "ArrowLeft") show(at - 1);
  if (event.key === "ArrowRight") show(at + 1);
  if (event.key === "e") $("boxes").click();
});
/* The address says what is shown: #EPISODE.STEP, with "e" behind it for the elements. */
const [, chosen, step, boxes] = location.hash.match(/^#(\d+)(?:\.(\d+))?(e)?$/) || [];
if (EPISODES.length) {
  $("boxes").checked = Boolean(boxes);
  choose(Math.min(Number(chosen || 0), EPISODES.length - 1));
  show(Number(step || 0));
}
