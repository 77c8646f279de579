"use strict";
const $ = (id) => document.getElementById(id);
const BADGE = 0.06; /* of the screen's width: room for a number beside its element */
let episode = null, at = 0, timer = null, talk = false;

function node(tag, text, kind) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

function short(text, limit) {
  return text.length > limit ? text.slice(0, limit - 1) + "\u2026" : text;
}

/* What was done, as a person would say it. */
function told(step) {
  if (step.turn) return `\u201c${short(step.turn.content || step.said, 200)}\u201d`;
  if (!step.action.kind) return short(step.said, 200);
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
  return found ? `\u201c${short(found.name, 40)}\u201d` : `(${Math.round(x)}, ${Math.round(y)})`;
}

/* What a step says in the list of steps: its calls, or what was done. */
function summary(step) {
  if (step.said === null) return [node("b", "end of the episode")];
  const calls = step.turn ? step.turn.calls.map((call) => node("b", short(call.line, 200), "call")) : [];
  const words = calls.length ? calls : [node("b", told(step))];
  const repeated = words[0].textContent === (step.turn ? `\u201c${step.said}\u201d` : step.said);
  return repeated ? words : [...words, node("code", step.said)];
}

/* A part of the conversation. Whatever is in it may come from anywhere: it is only ever set as text. */
function message({role, name, content, error, tools}) {
  const kind = ["system", "user", "assistant", "tool"].includes(role) ? role : "other";
  const made = node(role === "system" ? "details" : "div", undefined, `message ${kind}${error ? " wrong" : ""}`);
  const head = `${role}${name ? ` ${name}` : ""}${error ? ": error" : ""}`;
  made.append(node(role === "system" ? "summary" : "h3", head), node(role === "tool" ? "pre" : "p", content));
  if (tools.length) {
    const offered = node("details");
    offered.append(node("summary", `tools: ${tools.length}`), ...tools.map((tool) => node("pre", tool)));
    made.append(offered);
  }
  return made;
}

function turned(step) {
  const made = node("div", undefined, "message assistant");
  made.append(node("h3", "assistant"));
  const {content, calls} = step.turn || {content: step.said, calls: []};
  if (content || !calls.length) made.append(node("p", content || step.said));
  made.append(...calls.map((call) => {
    const box = node("div", undefined, "call");
    box.append(node("b", call.name || "call"));
    for (const [name, value] of call.arguments) {
      const line = node("pre");
      line.append(node("i", name && `${name}${value.includes("\n") ? "\n" : " "}`), value);
      box.append(line);
    }
    return box;
  }));
  if (step.error) made.append(node("p", step.error, "error"));
  return made;
}

/* What a step brought, and the turn that was taken on it. */
function exchange(step) {
  const made = node("div", undefined, "exchange");
  made.append(...step.messages.map(message), ...(step.said === null ? [] : [turned(step)]));
  return made;
}

function choose(index) {
  episode = EPISODES[index];
  $("episode").value = index;
  talk = episode.steps.every((step) => !step.png);
  document.body.classList.toggle("talk", talk);
  $("screen").hidden = $("elements").hidden = talk;
  $("chat").hidden = !talk;
  $("chat").replaceChildren(...(talk ? episode.steps.map(exchange) : []));
  $("instruction").textContent = episode.instruction;
  $("outcome").textContent = episode.outcome;
  $("outcome").className = `badge ${episode.outcome === "done" ? "good" : "bad"}`;
  $("reason").textContent = episode.reason;
  $("reason").hidden = !episode.reason;
  $("about").textContent = `${episode.policy}, ${episode.steps.length - 1} of ${episode.budget} steps; ` +
    (episode.differs ? `differs from the record at ${episode.differs}` : "replayed exactly as recorded");
  $("about").className = episode.differs ? "error" : "";
  $("at").max = episode.steps.length - 1;
  $("steps").replaceChildren(...episode.steps.map((step, number) => {
    const line = node("li");
    const link = node("button");
    link.append(...summary(step));
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

/* The screen with its elements, and the finger. */
function draw(step) {
  const [width, height] = step.size;
  $("picture").src = step.png;
  const marks = [];
  if ($("boxes").checked) {
    step.elements.forEach((element, index) => {
      const box = place(node("div", undefined, "box"), element.bounds, step.size);
      box.title = `[${index}] ${element.class} ${element.name}`;
      const beside = element.bounds[2] + width * BADGE <= width;
      box.append(node("span", index, beside ? "beside" : undefined));
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
}

/* The conversation up to the current step. */
function reveal() {
  [...$("chat").children].forEach((part, index) => {
    part.hidden = index > at;
    part.classList.toggle("now", index === at);
  });
  $("chat").scrollTop = $("chat").children[at].offsetTop;
}

function show(number) {
  at = Math.max(0, Math.min(number, episode.steps.length - 1));
  $("at").value = at;
  $("number").textContent = `${at} / ${episode.steps.length - 1}`;
  if (talk) reveal(); else draw(episode.steps[at]);
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
  if (event.target.matches("select, input[type=range]")) return; /* they use the arrows themselves */
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === "ArrowLeft") show(at - 1);
  if (event.key === "ArrowRight") show(at + 1);
  if (event.key === "e" && !talk) $("boxes").click();
});
/* The address says what is shown: #EPISODE.STEP, with "e" behind it for the elements. */
const [, chosen, step, boxes] = location.hash.match(/^#(\d+)(?:\.(\d+))?(e)?$/) || [];
if (EPISODES.length) {
  $("boxes").checked = Boolean(boxes);
  choose(Math.min(Number(chosen || 0), EPISODES.length - 1));
  show(Number(step || 0));
}
