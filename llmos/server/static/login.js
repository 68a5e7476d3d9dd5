// Gives the token to the service, which keeps it as a cookie; a token behind # in the address is given at once.
const field = document.getElementById("token");
const said = document.getElementById("said");

async function logIn(token) {
  const answer = await fetch("/login", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ token }),
  });
  if (answer.ok) {
    location.replace("/cockpit");
    return;
  }
  const { reason, suggestion } = await answer.json();
  said.textContent = `${reason}; ${suggestion}.`;
}

document.getElementById("form").addEventListener("submit", (event) => {
  event.preventDefault();
  logIn(field.value.trim());
});

if (location.hash.length > 1) {
  const token = decodeURIComponent(location.hash.slice(1));
  history.replaceState(null, "", "/login");
  logIn(token);
}
