import { useState } from "react";
import type { ShownBundle } from "../types.ts";

/** The bundles that are chosen, of which several things can be done at once. */
export interface Selection {
  bundles: ShownBundle[];
  has: (uuid: string) => boolean;
  choose: (bundles: readonly (ShownBundle | null)[], isChosen: boolean) => void;
  clear: () => void;
}

/** `all` are the bundles that are there now. */
export function useSelection(all: readonly ShownBundle[]): Selection {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const bundles = [
    ...new Map(all.filter(({ uuid }) => chosen.has(uuid)).map((bundle) => [bundle.uuid, bundle])).values(),
  ];
  return {
    bundles,
    has: (uuid) => chosen.has(uuid),
    choose: (some, isChosen) =>
      setChosen((before) => {
        const after = new Set(before);
        for (const bundle of some) {
          if (bundle && isChosen) after.add(bundle.uuid);
          else if (bundle) after.delete(bundle.uuid);
        }
        return after;
      }),
    clear: () => setChosen(new Set()),
  };
}
