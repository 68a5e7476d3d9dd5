// Zones and bodies as shapes seen from above, and as spans of height. Metres in, SVG units (centimetres, y down) out.
import { draw } from "./dom.js";

export const cm = (metres) => metres * 100;
export const down = (metres) => -metres * 100;

export function fromAbove(zone, attributes) {
  switch (zone.shape) {
    case "sphere":
      return draw("circle", { cx: cm(zone.center_m[0]), cy: down(zone.center_m[1]), r: cm(zone.radius_m), ...attributes });
    case "cylinder":
      return draw("circle", { cx: cm(zone.center_m[0]), cy: down(zone.center_m[1]), r: cm(zone.radius_m), ...attributes });
    case "box": {
      const [[x0, y0], [x1, y1]] = [zone.min_m, zone.max_m];
      return draw("rect", { x: cm(x0), y: down(y1), width: cm(x1 - x0), height: cm(y1 - y0), ...attributes });
    }
    case "prism":
      return draw("polygon", { points: zone.corners_m.map(([x, y]) => `${cm(x)},${down(y)}`).join(" "), ...attributes });
    default:
      return draw("g");
  }
}

export function heights(zone) {
  if (zone.shape === "sphere") return [zone.center_m[2] - zone.radius_m, zone.center_m[2] + zone.radius_m];
  if (zone.shape === "box") return [zone.min_m[2], zone.max_m[2]];
  return zone.z_m;
}

// What of the zone stands at this height: a sphere's slice is smaller than the sphere.
export function slice(zone, z, attributes) {
  const [low, high] = heights(zone);
  if (z < low || z > high) return null;
  if (zone.shape !== "sphere") return fromAbove(zone, attributes);
  const radius_m = Math.sqrt(Math.max(zone.radius_m ** 2 - (z - zone.center_m[2]) ** 2, 0));
  return fromAbove({ ...zone, radius_m }, attributes);
}

// Where a zone's name stands: above its middle, seen from above.
export function nameAt(zone) {
  if (zone.shape === "box") return [(zone.min_m[0] + zone.max_m[0]) / 2, zone.max_m[1]];
  if (zone.shape !== "prism") return [zone.center_m[0], zone.center_m[1] + zone.radius_m];
  const [xs, ys] = [0, 1].map((axis) => zone.corners_m.map((corner) => corner[axis]));
  return [(Math.min(...xs) + Math.max(...xs)) / 2, Math.max(...ys)];
}
