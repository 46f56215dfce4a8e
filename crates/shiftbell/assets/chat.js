// Keeps the conversation on the screen: what is sent comes back as the next page, and its messages are added to this one.
// Without this file every button still works, as a form that loads the page again.
const chat = document.querySelector("#chat");
const log = chat?.querySelector(".log");
const line = chat?.querySelector("form.say input");

chat?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const body = new URLSearchParams(new FormData(form, event.submitter));
  chat.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const said = [...page.querySelectorAll(".log .said")];
    if (said.length === 0) throw new Error("no message in the answer");
    log.append(...said);
    log.scrollTo({ top: said[0].offsetTop - log.offsetTop - 8 });
    if (form.matches(".say")) line.value = "";
    line.focus({ preventScroll: true });
  } catch {
    HTMLFormElement.prototype.submit.call(withSubmitter(form, event.submitter));
  } finally {
    chat.removeAttribute("aria-busy");
  }
});

// A form that is sent by hand forgets which button was pressed.
function withSubmitter(form, button) {
  if (button?.name) {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = button.name;
    field.value = button.value;
    form.append(field);
  }
  return form;
}
