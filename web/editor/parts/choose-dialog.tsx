import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useDeferredValue, useState } from "react";
import { Dialog } from "../../design/dialog.tsx";
import { Field } from "../../design/field.tsx";
import { ErrorNotice } from "../../shell/problem.tsx";
import { choosableQuery, type Choosable, type Kind } from "../queries.ts";
import { useTexts } from "../texts.ts";

/** Where others are made. */
const places = { task: "/tasks/", queue: "/queues/", starting_kit: "/datasets/", public_data: "/datasets/" } as const;

/** Finds something by its name and takes it. What was taken already is marked. */
export function ChooseDialog(props: {
  kind: Kind;
  title: string;
  chosen: string[];
  onChoose: (found: Choosable) => void;
  onClose: () => void;
}) {
  const { kind, title, chosen, onChoose, onClose } = props;
  const t = useTexts();
  const [q, setQ] = useState("");
  const found = useQuery(choosableQuery(kind, useDeferredValue(q.trim()), { public: t.public, standard: t.standard }));
  return (
    <Dialog title={title} onClose={onClose}>
      <div className="editor-choose">
        <Field
          label={t.search}
          hint={t.searchHints[kind]}
          type="search"
          value={q}
          onChange={({ target }) => setQ(target.value)}
        />
        {found.isError && <ErrorNotice error={found.error} />}
        <p role="status" className={found.data?.length === 0 && (q !== "" || kind !== "person") ? "quiet" : "hidden"}>
          {found.data?.length === 0 ? t.nothingFound : found.data ? t.found(found.data.length) : ""}
        </p>
        <ul className="editor-found">
          {found.data?.map((one) => {
            const isChosen = chosen.includes(one.part);
            return (
              <li key={one.part}>
                <button type="button" aria-disabled={isChosen} onClick={() => isChosen || onChoose(one)}>
                  <span>{one.name}</span>
                  <span className="small quiet">{isChosen ? t.chosen : one.about}</span>
                </button>
              </li>
            );
          })}
        </ul>
        <div className="editor-choose-end">
          {kind !== "person" && (
            <Link to={places[kind]} target="_blank">
              {t.makeAnother[kind]}
            </Link>
          )}
          <button type="button" className="button" onClick={onClose}>
            {t.close}
          </button>
        </div>
      </div>
    </Dialog>
  );
}
