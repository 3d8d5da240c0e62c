// What Prefect's first UI needs to be used behind the gate's policy. Read for prefect 3.8.8.

// 1. It asks whether a global exists by evaluating its name, which the policy forbids; so this answers. Without it the
//    pages have no colours and nothing pops up.
window.eval = (name) => {
  if (!(name in window)) throw new ReferenceError(name);
  return window[name];
};

// 2. Its dark colours, the default, write white on white in the drop-downs of telephones.
if (!localStorage.getItem("color-scheme")) localStorage.setItem("color-scheme", '"light"');

// 3. A click on a drop-down is handled twice, by the button and by what surrounds it: open and shut. Once is enough.
document.addEventListener("click", (event) => {
  const button = event.target.closest?.(".p-select-button__control");
  if (!button) return;
  event.stopPropagation();
  button.parentElement.click();
}, true);
