import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { text } from "../app/search-params.ts";
import type { ListSearch } from "./queries.ts";

/** Finds competitions by words. `filter` is what else they must fulfil. */
export function SearchForm(props: {
  label: string;
  placeholder: string;
  className: string;
  filter?: ListSearch;
  children?: ReactNode;
}) {
  const navigate = useNavigate();
  const { label, filter } = props;
  return (
    <form
      role="search"
      aria-label={label}
      className={props.className}
      onSubmit={(event) => {
        event.preventDefault();
        const q = text(new FormData(event.currentTarget).get("q"));
        void navigate({ to: "/competitions/public/", search: { ...filter, page: undefined, q } });
      }}
    >
      <input
        // At another address, the words are others.
        key={filter?.q}
        type="search"
        name="q"
        className="input"
        defaultValue={filter?.q}
        placeholder={props.placeholder}
        aria-label={label}
      />
      {props.children}
    </form>
  );
}
