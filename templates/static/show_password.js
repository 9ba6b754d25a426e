// A button beside each password that shows what was typed. Without JavaScript there is no button, and nothing is missing.
for (const field of document.querySelectorAll("input[data-show]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "reveal";
  button.textContent = field.dataset.show;
  button.setAttribute("aria-controls", field.id);
  button.addEventListener("click", () => {
    const shown = field.type === "password";
    field.type = shown ? "text" : "password";
    button.textContent = shown ? field.dataset.hide : field.dataset.show;
  });
  field.after(button);
  // A shown password must not stay in the browser's memory of typed texts.
  field.form.addEventListener("submit", () => { field.type = "password"; });
}
