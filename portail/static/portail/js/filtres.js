// The live list asks for what was chosen alone, so that the address stays short.
document.addEventListener("htmx:configRequest", ({ detail }) => {
  for (const [name, value] of [...detail.formData]) if (!value) detail.formData.delete(name);
});
// When it gets no answer, the form goes as it does without scripts: the browser says what happened.
for (const failure of ["htmx:sendError", "htmx:responseError"]) {
  document.addEventListener(failure, ({ target }) => target.closest("form")?.submit());
}
