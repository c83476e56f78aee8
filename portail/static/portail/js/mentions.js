// Suggests, after an @, the names of those who read the space.
const form = document.getElementById("composition");
const TYPED = /(?:^|[\s(])@([\p{L}’'-]+(?: [\p{L}’'-]*)?)$/u;

for (const area of form.querySelectorAll("textarea:not([name=choix])")) {
  const list = document.createElement("div");
  list.className = "noms";
  list.setAttribute("role", "group");
  list.setAttribute("aria-label", "Personnes qui lisent ici");
  list.hidden = true;
  const said = document.createElement("p");
  said.className = "invisible";
  said.setAttribute("role", "status");
  area.after(list, said);
  let asked = 0;

  const close = () => {
    list.hidden = true;
    list.replaceChildren();
    said.textContent = "";
  };

  const choose = (name) => {
    const start = area.value.lastIndexOf("@", area.selectionStart - 1);
    area.focus();
    area.setRangeText(`@${name} `, start, area.selectionStart, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
    close();
  };

  area.addEventListener("input", async () => {
    const turn = ++asked;
    const typed = TYPED.exec(area.value.slice(0, area.selectionStart));
    if (!typed) return close();
    const answer = await fetch(`${form.dataset.mentions}?q=${encodeURIComponent(typed[1])}`, {
      headers: { Accept: "application/json" },
    }).catch(() => null);
    // Whoever went on into the list keeps what is there.
    if (turn !== asked || list.contains(document.activeElement)) return;
    if (!answer?.ok || answer.redirected) return close();
    const { noms } = await answer.json();
    if (!noms.length) return close();
    list.replaceChildren(...noms.map(({ nom, qualite }) => {
      const button = document.createElement("button");
      button.type = "button";
      const strong = document.createElement("strong");
      strong.textContent = nom;
      button.append(strong, " ", qualite);
      button.addEventListener("click", () => choose(nom));
      return button;
    }));
    list.hidden = false;
    said.textContent = `${noms.length} nom${noms.length > 1 ? "s" : ""} : touche Tabulation pour choisir.`;
  });

  const leave = (event) => {
    if (event.key === "Escape" && !list.hidden) {
      area.focus();
      close();
    }
  };
  area.addEventListener("keydown", leave);
  list.addEventListener("keydown", leave);
}
