// The page that tries out a device before the day: server, live connection, storage, cookies.
// It opens the transport that the rooms use, but takes no seat and follows no event.

const PATIENCE = 8000;

const checks = {
  server: async () => {
    const answer = await fetch("/healthz", { cache: "no-store" });
    return answer.ok && (await answer.json()).status === "ok";
  },

  live: () =>
    new Promise((resolve) => {
      const manager = new window.io.Manager("", {
        transports: ["websocket", "polling"],
        tryAllTransports: true,
        reconnection: false,
        autoConnect: false,
        timeout: PATIENCE,
      });
      manager.open((error) => {
        resolve(!error);
        if (!error) manager.engine.close();
      });
    }),

  storage: async () => {
    const key = "dialogi-check";
    localStorage.setItem(key, key);
    const kept = localStorage.getItem(key) === key;
    localStorage.removeItem(key);
    return kept;
  },

  cookies: async () => navigator.cookieEnabled,
};

async function tryOut(name) {
  const tooLong = new Promise((resolve) => setTimeout(resolve, PATIENCE, false));
  try {
    return await Promise.race([checks[name](), tooLong]);
  } catch (error) {
    console.info(`check ${name}:`, error);
    return false;
  }
}

function show(row, state) {
  row.dataset.state = state;
  for (const result of row.querySelectorAll(".check__result")) {
    result.hidden = !result.classList.contains(`check__result--${state}`);
  }
}

async function run(rows) {
  const results = await Promise.all(
    rows.map(async (row) => {
      const good = await tryOut(row.dataset.check);
      show(row, good ? "good" : "bad");
      return good;
    }),
  );
  const verdict = document.getElementById("verdict");
  const good = results.every(Boolean);
  const sentence = good ? verdict.dataset.good : verdict.dataset.bad;
  verdict.textContent = sentence;
  verdict.className = good ? "notice notice--success" : "notice notice--error";
  document.getElementById("status").textContent = sentence;
}

document.getElementById("checks").hidden = false;
run([...document.querySelectorAll("[data-check]")]);
