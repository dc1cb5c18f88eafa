import { useEffect, useId, useRef, useState, type ReactNode } from "react";
import { ConfirmDialog } from "../../design/confirm-dialog.tsx";
import { useEditor } from "../context.ts";
import { moved, type Movable } from "../state/lists.ts";
import { useTexts } from "../texts.ts";

interface ListProps<Part extends Movable> {
  /** The list in the form: `phases`. */
  path: string;
  parts: Part[];
  onChange: (parts: Part[]) => void;
  /** The first one stays where it is. */
  isFirstFixed?: boolean;
  /** The last one may go, too. */
  canBeEmpty?: boolean;
  nameOf: (part: Part, at: number) => string;
  /** A line beside the name. */
  about?: (part: Part, at: number) => ReactNode;
  children: (part: Part, at: number, change: (changes: Partial<Part>) => void) => ReactNode;
}

/** A list of parts that open, move and go. */
export function PartCards<Part extends Movable>(props: ListProps<Part>) {
  const { path, parts, onChange, isFirstFixed = false, canBeEmpty = false, nameOf, about, children } = props;
  const t = useTexts();
  const [going, setGoing] = useState<number | null>(null);
  const fixed = isFirstFixed ? 1 : 0;
  return (
    <>
      <ol className="editor-parts">
        {parts.map((part, at) => (
          <PartCard
            key={part.part}
            path={`${path}[${at}]`}
            name={nameOf(part, at)}
            about={about?.(part, at)}
            startsOpen={parts.length === 1 || part.part.startsWith("new-")}
            tools={
              <>
                {at >= fixed && (
                  <MoveButtons
                    name={nameOf(part, at)}
                    at={at}
                    first={fixed}
                    last={parts.length - 1}
                    onMove={(to) => onChange(moved(parts, at, to))}
                  />
                )}
                {(canBeEmpty || parts.length > 1) && at >= fixed && (
                  <button
                    type="button"
                    className="button danger"
                    aria-label={`${t.remove}: ${nameOf(part, at)}`}
                    onClick={() => setGoing(at)}
                  >
                    {t.remove}
                  </button>
                )}
              </>
            }
          >
            {children(part, at, (changes) =>
              onChange(parts.map((other) => (other === part ? { ...other, ...changes } : other))),
            )}
          </PartCard>
        ))}
      </ol>
      {going !== null && parts[going] && (
        <ConfirmDialog
          title={t.removeTitle(nameOf(parts[going], going))}
          action={t.remove}
          onConfirm={() => Promise.resolve(onChange(parts.filter((_, at) => at !== going)))}
          onClose={() => setGoing(null)}
        >
          <p>{t.removeAbout}</p>
        </ConfirmDialog>
      )}
    </>
  );
}

function PartCard(props: {
  path: string;
  name: string;
  about: ReactNode;
  startsOpen: boolean;
  tools: ReactNode;
  children: ReactNode;
}) {
  const { path, name, about, startsOpen, tools, children } = props;
  const t = useTexts();
  const id = useId();
  const { countBelow, target } = useEditor();
  const [isOpen, setOpen] = useState(startsOpen);
  const isTarget = target?.startsWith(path) ?? false;
  const problems = countBelow(path);
  // Whoever is led to a field in it finds it open.
  const [led, setLed] = useState<string | null>(null);
  if (isTarget && led !== target) {
    setLed(target);
    setOpen(true);
  }
  return (
    <li className="card editor-part">
      <div className="editor-part-head">
        <h3 className="editor-part-title">
          <button
            type="button"
            className="editor-part-open"
            aria-expanded={isOpen}
            aria-controls={isOpen ? id : undefined}
            onClick={() => setOpen(!isOpen)}
          >
            <span aria-hidden="true" className="editor-part-mark" />
            <span>{name}</span>
          </button>
        </h3>
        {problems > 0 && <span className="pill bad">{t.problems(problems)}</span>}
        {about && <span className="small quiet editor-part-about">{about}</span>}
        <div className="editor-part-tools">{tools}</div>
      </div>
      {isOpen && (
        <div id={id} className="editor-part-body">
          {children}
        </div>
      )}
    </li>
  );
}

/** Moves a part of a list. The button keeps the focus, and what happened is said. */
export function MoveButtons(props: {
  name: string;
  at: number;
  first: number;
  last: number;
  onMove: (to: number) => void;
}) {
  const { name, at, first, last, onMove } = props;
  const t = useTexts();
  const pressed = useRef<HTMLButtonElement | null>(null);
  const [said, setSaid] = useState("");
  useEffect(() => {
    // The browser takes the focus from what moves in the page.
    pressed.current?.focus();
    pressed.current = null;
  }, [at]);
  const move = (to: number) => (event: { currentTarget: HTMLButtonElement }) => {
    if (to < first || to > last) return;
    pressed.current = event.currentTarget;
    setSaid(t.movedTo(to + 1, last + 1));
    onMove(to);
  };
  if (last <= first) return null;
  return (
    <span className="editor-move">
      <button
        type="button"
        className="button"
        aria-label={`${t.up}: ${name}`}
        aria-disabled={at === first}
        onClick={move(at - 1)}
      >
        <span aria-hidden="true">↑</span>
      </button>
      <button
        type="button"
        className="button"
        aria-label={`${t.down}: ${name}`}
        aria-disabled={at === last}
        onClick={move(at + 1)}
      >
        <span aria-hidden="true">↓</span>
      </button>
      <span role="status" className="hidden">
        {said}
      </span>
    </span>
  );
}
