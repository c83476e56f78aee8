// A small toolbar over the text, and the words of others quoted in it.
const form = document.getElementById("composition");
const text = form.querySelector("textarea[name=content]");
const TOOLS = [
  ["Gras", "**", "**", "important"],
  ["Italique", "*", "*", "nuance"],
  ["Liste", "- ", "", "un point"],
  ["Citation", "> ", "", "ses mots"],
  ["Lien", "[", "](https://)", "mots"],
];

// As the browser itself would type it: undoing takes it back.
function write(area, words) {
  area.focus();
  if (!document.execCommand("insertText", false, words)) {
    area.setRangeText(words, area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

function apply(area, [, before, after, example]) {
  const start = area.selectionStart;
  const chosen = area.value.slice(start, area.selectionEnd) || example;
  const lines = after ? chosen : chosen.split("\n").join(`\n${before}`);
  const fresh = after || !start || area.value[start - 1] === "\n" ? "" : "\n";
  write(area, `${fresh}${before}${lines}${after}`);
  const from = start + fresh.length + before.length;
  area.setSelectionRange(from, from + lines.length);
}

for (const area of form.querySelectorAll("textarea:not([name=choix])")) {
  const bar = document.createElement("div");
  bar.className = "barre";
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", "Mettre en forme");
  for (const tool of TOOLS) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = tool[0];
    button.addEventListener("click", () => apply(area, tool));
    bar.append(button);
  }
  area.before(bar);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-citer]");
  if (!link) return;
  event.preventDefault();
  const said = link.closest("article").querySelector(".prose");
  const selection = getSelection();
  const chosen = said.contains(selection.anchorNode) && said.contains(selection.focusNode)
    ? selection.toString().trim() : "";
  const words = (chosen || said.innerText).trim().slice(0, 600);
  const lines = [`**${link.dataset.citer}** a écrit :`, "", ...words.split("\n")];
  text.setSelectionRange(text.value.length, text.value.length);
  write(text, `${text.value.trim() ? "\n\n" : ""}${lines.map((line) => `> ${line}`.trim()).join("\n")}\n\n`);
  text.scrollIntoView({ block: "center" });
});
