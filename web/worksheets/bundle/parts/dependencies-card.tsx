import { Link } from "@tanstack/react-router";
import { number } from "../../../app/format.ts";
import { StatePill } from "../../states.tsx";
import { useTexts } from "../texts.ts";
import { nameOf, type Bundle, type Dependency } from "../types.ts";
import { boxHeight, boxWidth, fitting, layoutOf, mostOnSide, type Box } from "./graph.ts";

/** What a bundle was made from, and what was made from it: as a drawing, and as a list with all of it. */
export function DependenciesCard({ bundle }: { bundle: Bundle }) {
  const { graph: t } = useTexts();
  const { dependencies: parents, children } = bundle;
  return (
    <section className="card bundle-card" aria-labelledby="graph-title">
      <h2 id="graph-title">{t.title}</h2>
      {parents.length === 0 && children.length === 0 ? (
        <p className="quiet">{t.none}</p>
      ) : (
        <>
          <Drawing bundle={bundle} />
          <div className="bundle-related">
            {parents.length > 0 && (
              <div>
                <h3>{t.madeFrom}</h3>
                <ul className="bundle-list">
                  {parents.map((parent) => (
                    <Parent key={parent.child_path} parent={parent} />
                  ))}
                </ul>
              </div>
            )}
            {children.length > 0 && (
              <div>
                <h3>{t.usedBy}</h3>
                <ul className="bundle-list">
                  {children.map(({ uuid, name }) => (
                    <li key={uuid}>
                      <Link to="/bundles/$uuid/" params={{ uuid }}>
                        {name}
                      </Link>
                    </li>
                  ))}
                </ul>
              </div>
            )}
          </div>
        </>
      )}
    </section>
  );
}

function Parent({ parent }: { parent: Dependency }) {
  const { graph: t } = useTexts();
  const { child_path: key, parent_uuid: uuid, parent_name: name, parent_path: path, parent_state: state } = parent;
  return (
    <li>
      <Link to="/bundles/$uuid/" params={{ uuid }} search={path === "" ? {} : { path }}>
        {name ?? t.unknown}
        {path !== "" && `/${path}`}
      </Link>
      <span className="small quiet">{key === "" ? t.whole : t.as(key)}</span>
      {state !== null && state !== "ready" && <StatePill state={state} />}
    </li>
  );
}

/** A box of a side: a bundle, or how many more there are. */
interface Side {
  key: string;
  uuid: string | null;
  name: string;
  about: string;
}

/** At most so many boxes: where there are more, the last says how many. */
function side(all: Side[], more: (count: string) => string): Side[] {
  if (all.length <= mostOnSide) return all;
  const rest = all.length - (mostOnSide - 1);
  return [...all.slice(0, mostOnSide - 1), { key: "more", uuid: null, name: more(number(rest)), about: "" }];
}

/** On phones there is no room for it, and the list says the same. */
function Drawing({ bundle }: { bundle: Bundle }) {
  const { graph: t, types } = useTexts();
  const parents = side(
    bundle.dependencies.map(({ child_path: key, parent_uuid: uuid, parent_name: name }) => ({
      key,
      uuid,
      name: name ?? t.unknown,
      about: key === "" ? t.whole : t.as(key),
    })),
    t.more,
  );
  const children = side(
    bundle.children.map(({ uuid, name }) => ({ key: uuid, uuid, name, about: "" })),
    t.more,
  );
  const { width, height, edges, self, ...boxes } = layoutOf(parents.length, children.length);
  const label = t.label(number(bundle.dependencies.length), number(bundle.children.length));
  return (
    <svg
      className="bundle-graph"
      role="group"
      aria-label={label}
      viewBox={`-1 -1 ${width + 2} ${height + 2}`}
      width={width + 2}
      height={height + 2}
    >
      {edges.map((path) => (
        <path key={path} className="graph-edge" d={path} />
      ))}
      {parents.map((parent, at) => (
        <Node key={parent.key} node={parent} box={boxes.parents[at]!} />
      ))}
      <Node
        node={{ key: "self", uuid: null, name: nameOf(bundle), about: types[bundle.bundle_type] ?? "" }}
        box={self}
        isSelf
      />
      {children.map((child, at) => (
        <Node key={child.key} node={child} box={boxes.children[at]!} />
      ))}
    </svg>
  );
}

function Node({
  node: { uuid, name, about },
  box: { x, y },
  isSelf = false,
}: {
  node: Side;
  box: Box;
  isSelf?: boolean;
}) {
  const drawing = (
    <>
      {fitting(name) !== name && <title>{name}</title>}
      <rect className="graph-box" data-self={isSelf} x={x} y={y} width={boxWidth} height={boxHeight} rx="8" />
      <text className="graph-name" x={x + 12} y={y + (about === "" ? 27 : 19)}>
        {fitting(name)}
      </text>
      {about !== "" && (
        <text className="graph-about" x={x + 12} y={y + 35}>
          {fitting(about, 30)}
        </text>
      )}
    </>
  );
  return uuid === null ? (
    <g>{drawing}</g>
  ) : (
    <Link to="/bundles/$uuid/" params={{ uuid }} className="graph-link">
      {drawing}
    </Link>
  );
}
