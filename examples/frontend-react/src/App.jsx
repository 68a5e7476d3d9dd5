import { useEffect, useState } from "react";
import { Arena } from "./Arena.jsx";
import { limits, rearm, sendCommand, stop, useRobot } from "./robot.js";

const number = (value) => (value ?? 0).toFixed(2);

function Status({ update }) {
  if (!update) return <p className="status red">No connection to the service</p>;
  const { state, sentience } = update;
  if (state.emergency_stop) return <p className="status red">Stopped: {state.stop.reason}</p>;
  if (state.busy) return <p className="status yellow">{state.busy}</p>;
  return <p className="status green">Ready. {sentience.mode_description}</p>;
}

function Instruments({ state }) {
  if (!state) return null;
  const { x, y, z, theta } = state.position;
  return (
    <p>
      x {number(x)} m, y {number(y)} m, z {number(z)} m, θ {number(theta)}°; {number(state.speed_mps)} m/s; tool{" "}
      {state.tool_active ? "active" : "inactive"}, holding {state.holding ?? "nothing"}
    </p>
  );
}

export function App() {
  const update = useRobot(30);
  const [bounds, setBounds] = useState(null);
  const [goal, setGoal] = useState("");
  const [said, setSaid] = useState("");
  const connected = update !== null;

  useEffect(() => {
    if (connected) limits().then(setBounds);
  }, [connected]);

  useEffect(() => {
    const onKey = (event) => {
      if (event.code === "Space" && event.target.tagName !== "INPUT") stop();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);

  async function submit(event) {
    event.preventDefault();
    setSaid("…");
    const answer = await sendCommand(goal);
    setSaid(answer.success ? answer.response : `${answer.reason}; ${answer.suggestion}`);
  }

  const stopped = update?.state.emergency_stop;
  return (
    <main>
      <header>
        <Status update={update} />
        <button className="stop" onClick={stop}>
          STOP
        </button>
        {stopped && (
          <button onClick={() => window.confirm("Is it safe to let the robot move again?") && rearm()}>Rearm</button>
        )}
      </header>
      <div className="arena">
        <Arena state={update?.state} limits={bounds} />
      </div>
      <Instruments state={update?.state} />
      <form onSubmit={submit}>
        <input value={goal} onChange={(event) => setGoal(event.target.value)} placeholder="Move 30cm to the right" />
        <button disabled={!goal}>Send</button>
      </form>
      <p>{said}</p>
    </main>
  );
}
