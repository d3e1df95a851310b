/**
 * Places for the peers of a swarm: those that are linked draw together, all push each other away (Fruchterman, Reingold 1991),
 * a step a frame until nothing moves. Who has a place keeps it but for that: the picture does not jump when somebody comes or goes. Pure.
 */

/** From -1 to 1 each. */
export interface Place {
  x: number;
  y: number;
}

export interface SwarmLayout {
  readonly places: ReadonlyMap<string, Place>;
  /** Whom there is a place for from now on, and who is linked to whom. @returns whether something changed, so that places have to settle */
  set(peers: readonly string[], links: readonly { readonly a: string; readonly b: string }[]): boolean;
  /** @returns false when nothing moves any more */
  step(): boolean;
}

/** Newcomers are laid on a spiral: no two at the same place, and without chance. */
const GOLDEN_ANGLE = Math.PI * (3 - Math.sqrt(5));
const COOLING = 0.94;
/** Below this much a step nobody sees a move. */
const COLD = 0.0015;
/** What a change heats a settled picture to; a first picture needs more. */
const WARM = 0.02;
const HOT = 0.16;

export function createSwarmLayout(): SwarmLayout {
  const places = new Map<string, Place>();
  let edges: readonly (readonly [string, string])[] = [];
  let key = '';
  let arrived = 0;
  let heat = 0;

  function newcomer(neighbours: readonly Place[]): Place {
    const number = arrived++;
    const angle = number * GOLDEN_ANGLE;
    if (neighbours.length === 0) return { x: 0.8 * Math.cos(angle), y: 0.8 * Math.sin(angle) };
    // Beside those that it is linked to.
    const x = neighbours.reduce((sum, place) => sum + place.x, 0) / neighbours.length;
    const y = neighbours.reduce((sum, place) => sum + place.y, 0) / neighbours.length;
    return { x: clamp(x + 0.15 * Math.cos(angle)), y: clamp(y + 0.15 * Math.sin(angle)) };
  }

  return {
    places,
    set(peers, links) {
      const wanted = new Set(peers);
      const between = links.filter(({ a, b }) => wanted.has(a) && wanted.has(b)).map(({ a, b }) => [a, b] as const);
      const next = JSON.stringify([[...wanted].sort(), between.map(([a, b]) => `${a} ${b}`).sort()]);
      if (next === key) return false;
      const first = places.size === 0;
      key = next;
      edges = between;
      for (const peer of [...places.keys()]) if (!wanted.has(peer)) places.delete(peer);
      for (const peer of wanted) {
        if (places.has(peer)) continue;
        const known = between.flatMap(([a, b]) => [a === peer ? places.get(b) : b === peer ? places.get(a) : undefined]).filter((place) => place !== undefined);
        places.set(peer, newcomer(first ? [] : known));
      }
      heat = Math.max(heat, first ? HOT : WARM);
      return true;
    },
    step() {
      if (heat < COLD || places.size === 0) return false;
      const all = [...places.values()];
      const index = new Map([...places.keys()].map((peer, i) => [peer, i]));
      const dx = new Float64Array(all.length);
      const dy = new Float64Array(all.length);
      /** The distance at which two linked peers rest. */
      const rest = 1.5 / Math.sqrt(all.length);
      for (let i = 0; i < all.length; i++) {
        for (let j = 0; j < i; j++) {
          const x = all[i].x - all[j].x || 1e-4 * (i - j);
          const y = all[i].y - all[j].y || 1e-4;
          const push = (rest * rest) / (x * x + y * y);
          dx[i] += x * push;
          dy[i] += y * push;
          dx[j] -= x * push;
          dy[j] -= y * push;
        }
        // Parts that are not linked would drift to the borders.
        dx[i] -= 0.3 * all[i].x;
        dy[i] -= 0.3 * all[i].y;
      }
      for (const [a, b] of edges) {
        const i = index.get(a) ?? 0;
        const j = index.get(b) ?? 0;
        const x = all[i].x - all[j].x;
        const y = all[i].y - all[j].y;
        const pull = Math.hypot(x, y) / rest;
        dx[i] -= 0.5 * x * pull;
        dy[i] -= 0.5 * y * pull;
        dx[j] += 0.5 * x * pull;
        dy[j] += 0.5 * y * pull;
      }
      let most = 0;
      all.forEach((place, i) => {
        const length = Math.hypot(dx[i], dy[i]);
        if (length === 0) return;
        const move = Math.min(length, heat);
        place.x = clamp(place.x + (dx[i] / length) * move);
        place.y = clamp(place.y + (dy[i] / length) * move);
        most = Math.max(most, move);
      });
      heat *= COOLING;
      return most >= COLD;
    },
  };
}

const clamp = (value: number): number => Math.min(1, Math.max(-1, value));
