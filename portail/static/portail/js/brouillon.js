// Keeps what is typed on the server, and shows how it will read, without leaving the page.
const form = document.getElementById("composition");
const state = form.querySelector(".composition__garde");
const WAIT = 1500;
const WHY = {
  "signed out": "Votre session est finie. Votre texte est gardé : reconnectez-vous pour le retrouver ici.",
  "refused": "Le brouillon n’a pas pu être gardé : votre texte reste dans cette page.",
};
let timer, underway;

// What is said already is not said again: a screen reader would repeat it at each pause.
function say(words) {
  if (state.textContent !== words) state.textContent = words;
}

async function ask(button) {
  underway?.abort();
  underway = new AbortController();
  const data = new FormData(form);
  data.delete("fichiers");
  data.append(button, "1");
  const answer = await fetch(form.action, {
    method: "POST", body: data, signal: underway.signal, headers: { Accept: "application/json" },
  });
  if (answer.redirected) throw new Error("signed out");
  return answer.ok ? answer.json() : null;
}

async function keep() {
  try {
    const kept = await ask("garder");
    if (!kept) throw new Error("refused");
    const { garde, ailleurs } = kept;
    if (garde) say(`Brouillon gardé à ${garde}`);
    if (ailleurs) say("Un autre brouillon vous attend ici, écrit ailleurs : celui-ci reste dans cette page, sans être gardé.");
  } catch (error) {
    if (error.name !== "AbortError") say(WHY[error.message] ?? "Pas de réseau : votre texte reste dans cette page.");
  }
}

form.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(keep, WAIT);
});
form.addEventListener("submit", () => {
  clearTimeout(timer);
  underway?.abort();
});

// The preview, under the text it is of.
const button = form.querySelector("[name=apercu]");
const place = document.createElement("div");
place.className = "apercu apercu--vif";
place.setAttribute("role", "region");
place.setAttribute("aria-label", "Aperçu");
place.tabIndex = -1;
place.hidden = true;
button.closest("p").before(place);

button.addEventListener("click", async (event) => {
  if (form.querySelector("[type=file]").value) return;
  event.preventDefault();
  clearTimeout(timer);
  try {
    const { rendu, juste } = await ask("apercu") ?? {};
    if (!rendu) return form.requestSubmit(button);
    place.innerHTML = `<p class="apercu__titre">Aperçu — rien n’est encore envoyé</p><p class="apercu__sujet"></p><div class="prose">${rendu}</div>`;
    place.querySelector(".apercu__sujet").textContent = form.elements.subject?.value ?? "";
    if (juste) {
      for (const error of form.querySelectorAll(".erreurs, .errorlist")) error.remove();
      for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
    }
    place.hidden = false;
    place.focus();
  } catch {
    say("L’aperçu n’a pas pu être fait. Votre texte reste dans cette page.");
  }
});
