// A button that has the nonce signed by the signing program on this computer (deploy/signer) and sends what it answers.
// Without scripts, or without that program, there is the field below it.
const form = document.getElementById("challenge-form");
const button = document.getElementById("sign-with-token");
const told = document.getElementById("signing");

// What the program answers: a Web eID token or why there is none; null when nobody is there, or some other program.
async function signed(nonce) {
  try {
    const response = await fetch(`${form.dataset.signer}/sign`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ nonce }),
      credentials: "omit",
      cache: "no-store",
      redirect: "error",
    });
    return await response.json();
  } catch {
    return null;
  }
}

function refusal(answer) {
  if (answer === null) return told.dataset.away;
  const sentence = answer[document.documentElement.lang];
  return typeof sentence === "string" ? sentence : told.dataset.refused;
}

function tell(sentence, isError) {
  told.className = isError ? "error" : "hint";
  told.setAttribute("role", isError ? "alert" : "status");
  told.textContent = sentence;
  if (isError) goTo(told);
}

function goTo(error) {
  error.tabIndex = -1;
  error.focus();
}

async function sign() {
  // Not `disabled`: that would take the focus away from whoever has just pressed it.
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  tell(told.dataset.asks, false);
  const answer = await signed(form.dataset.nonce);
  if (answer !== null && typeof answer.signature === "string") {
    form.elements.token.value = JSON.stringify(answer);
    form.requestSubmit();
    return;
  }
  button.removeAttribute("aria-disabled");
  tell(refusal(answer), true);
}

if (form?.dataset.signer) {
  document.getElementById("sign-by-program").hidden = false;
  // Whoever was refused may have signed by hand, and has another code to sign now.
  const error = document.getElementById("error");
  document.getElementById("sign-by-hand").open = error !== null;
  if (error) goTo(error);
  button.addEventListener("click", sign);
  // Back from the next page, the button must work again.
  window.addEventListener("pageshow", () => button.removeAttribute("aria-disabled"));
}
