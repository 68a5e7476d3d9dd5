// The robot in 3D. The service has z up, three.js has y up; one rotation of the whole scene settles that.
import { Canvas } from "@react-three/fiber";
import { Grid, OrbitControls } from "@react-three/drei";

function Workspace({ bounds }) {
  const [[x0, x1], [y0, y1], [z0, z1]] = [bounds.x, bounds.y, bounds.z];
  return (
    <mesh position={[(x0 + x1) / 2, (y0 + y1) / 2, (z0 + z1) / 2]}>
      <boxGeometry args={[x1 - x0, y1 - y0, z1 - z0]} />
      <meshBasicMaterial color="#4a90d9" wireframe />
    </mesh>
  );
}

function ProhibitedZone({ zone }) {
  if (zone.shape === "sphere") {
    return (
      <mesh position={zone.center_m}>
        <sphereGeometry args={[zone.radius_m, 32, 16]} />
        <meshStandardMaterial color="#d94a4a" transparent opacity={0.35} />
      </mesh>
    );
  }
  if (zone.shape === "box") {
    const size = zone.max_m.map((high, axis) => high - zone.min_m[axis]);
    return (
      <mesh position={zone.min_m.map((low, axis) => low + size[axis] / 2)}>
        <boxGeometry args={size} />
        <meshStandardMaterial color="#d94a4a" transparent opacity={0.35} />
      </mesh>
    );
  }
  return null; // cylinders and prisms are kept by the gate all the same
}

function RobotArm({ position, active }) {
  return (
    <group position={[position.x, position.y, position.z]} rotation={[0, 0, (position.theta * Math.PI) / 180]}>
      <mesh>
        <boxGeometry args={[0.12, 0.06, 0.06]} />
        <meshStandardMaterial color={active ? "#2e9e5b" : "#888888"} />
      </mesh>
    </group>
  );
}

function Objects({ objects }) {
  return Object.entries(objects).map(([name, point]) => (
    <mesh key={name} position={point}>
      <boxGeometry args={[0.1, 0.1, 0.1]} />
      <meshStandardMaterial color="#d9a441" />
    </mesh>
  ));
}

export function Arena({ state, limits }) {
  return (
    <Canvas camera={{ position: [3.5, 3, 4.5], fov: 45 }}>
      <ambientLight intensity={0.8} />
      <directionalLight position={[4, 6, 3]} />
      <Grid args={[8, 8]} cellSize={0.5} infiniteGrid fadeDistance={12} />
      <group rotation={[-Math.PI / 2, 0, 0]}>
        {limits && <Workspace bounds={limits.workspace} />}
        {limits?.prohibited_zones.map((zone) => <ProhibitedZone key={zone.name} zone={zone} />)}
        {state && <RobotArm position={state.position} active={state.tool_active} />}
        {state && <Objects objects={state.objects} />}
      </group>
      <OrbitControls target={[0, 1, 0]} />
    </Canvas>
  );
}
