// The service as this page uses it: REST for commands, a WebSocket for the state. Metres, and degrees for theta.
import { useEffect, useState } from "react";

export const SERVICE = import.meta.env.VITE_LLMOS ?? "http://localhost:8000";
const TOKEN = import.meta.env.VITE_LLMOS_TOKEN ?? "";

export async function post(path, body) {
  const headers = { "Content-Type": "application/json" };
  if (TOKEN) headers.Authorization = `Bearer ${TOKEN}`;
  const answer = await fetch(`${SERVICE}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  return await answer.json();
}

export const sendCommand = (command) => post("/command", { command, agent: "operator" });

export const move = (x, y, z, theta) => post("/move", { x, y, z, theta });

// A stop asks for no JSON, no origin and, on the loopback, no token.
export const stop = () =>
  fetch(`${SERVICE}/emergency`, { method: "POST", headers: TOKEN ? { Authorization: `Bearer ${TOKEN}` } : {} });

export const rearm = () => post("/reset", {});

export async function limits() {
  const answer = await fetch(`${SERVICE}/state`, { headers: TOKEN ? { Authorization: `Bearer ${TOKEN}` } : {} });
  return (await answer.json()).safety_limits;
}

// The newest state_update, or null while there is no connection; it is tried again every second.
export function useRobot(hz = 30) {
  const [update, setUpdate] = useState(null);
  useEffect(() => {
    let socket;
    let again;
    const connect = () => {
      const protocols = TOKEN ? ["llmos", `bearer.${TOKEN}`] : ["llmos"];
      socket = new WebSocket(`${SERVICE.replace(/^http/, "ws")}/ws`, protocols);
      socket.onopen = () => socket.send(JSON.stringify({ type: "subscribe", hz }));
      socket.onmessage = (event) => {
        const message = JSON.parse(event.data);
        if (message.type === "state_update") setUpdate(message);
      };
      socket.onclose = () => {
        setUpdate(null);
        again = setTimeout(connect, 1000);
      };
    };
    connect();
    return () => {
      clearTimeout(again);
      socket.onclose = null;
      socket.close();
    };
  }, [hz]);
  return update;
}
