"use strict";
const $ = (id) => document.getElementById(id);
let episode = null, at = 0, timer = null;

function node(tag, text, kind) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

function choose(index) {
  episode = EPISODES[index];
  $("instruction").textContent = episode.instruction;
  $("outcome").textContent = `${episode.title.split(": ").pop()}, by ${episode.policy}` +
    (episode.differs ? `; replay differs from the record: ${episode.differs}` : "; replayed exactly");
  $("outcome").className = episode.differs ? "differs" : "";
  $("at").max = episode.steps.length - 1;
  $("steps").replaceChildren(...episode.steps.map((step, number) => {
    const line = node("li");
    const link = node("button", step.said === null ? "end" : step.said);
    link.addEventListener("click", () => show(number));
    line.append(link);
    if (step.error) line.append(node("span", step.error, "error"));
    if (step.reward) line.append(node("span", `reward ${step.reward}`, "reward"));
    return line;
  }));
  const effects = episode.side_effects.map((name) => node("li", name));
  $("effects").replaceChildren(...(effects.length ? effects : [node("li", "none")]));
  show(0);
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
  const step = episode.steps[at], before = at ? episode.steps[at - 1].clauses : {};
  $("picture").src = step.png;
  $("at").value = at;
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
  for (const [where, kind] of [[point, "touch"], [to, "touch end"]]) {
    if (where) marks.push(place(node("div", undefined, kind), [where[0], where[1], where[0], where[1]], step.size));
  }
  $("overlay").replaceChildren(...marks);
  $("clauses").replaceChildren(...Object.entries(step.clauses).map(([name, holds]) => {
    const kind = (holds ? "holds" : "fails") + (at && before[name] !== holds ? " turned" : "");
    return node("li", `${holds ? "\u2713" : "\u2717"} ${name}`, kind);
  }));
  [...$("steps").children].forEach((line, index) => line.classList.toggle("now", index === at));
}

function stop() {
  clearInterval(timer);
  timer = null;
  $("play").textContent = "Play";
}

$("episode").addEventListener("change", (event) => { stop(); choose(Number(event.target.value)); });
$("at").addEventListener("input", (event) => show(Number(event.target.value)));
$("back").addEventListener("click", () => show(at - 1));
$("on").addEventListener("click", () => show(at + 1));
$("boxes").addEventListener("change", () => show(at));
$("play").addEventListener("click", () => {
  if (timer) return stop();
  $("play").textContent = "Stop";
  timer = setInterval(() => (at + 1 < episode.steps.length ? show(at + 1) : stop()), 700);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "ArrowLeft") show(at - 1);
  if (event.key === "ArrowRight") show(at + 1);
});
if (EPISODES.length) choose(0);
