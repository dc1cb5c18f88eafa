/** Filters of lists. What is chosen stands in the address. */
import "./filters.css";
import { useNavigate } from "@tanstack/react-router";
import { changed } from "../app/address.ts";
import { text } from "../app/search-params.ts";

/** A choice of one value. `all` are the words for none of them, which is also how a list is without a choice. */
export function SelectFilter(props: {
  name: string;
  label: string;
  all: string;
  value: string | undefined;
  choices: (readonly [string, string])[];
}) {
  const navigate = useNavigate();
  const { name, label, all, value = "", choices } = props;
  return (
    <select
      className="input filter-select"
      aria-label={label}
      value={value}
      onChange={({ target }) => void navigate(changed({ [name]: text(target.value) }))}
    >
      <option value="">{all}</option>
      {choices.map(([key, words]) => (
        <option key={key} value={key}>
          {words}
        </option>
      ))}
    </select>
  );
}

/** Finds by words. */
export function SearchFilter(props: { name?: string; label: string; value: string | undefined }) {
  const navigate = useNavigate();
  const { name = "q", label, value } = props;
  return (
    <form
      role="search"
      aria-label={label}
      className="filter-search"
      action={(form: FormData) => void navigate(changed({ [name]: text(form.get(name)) }))}
    >
      <input
        // Another address has other words.
        key={value}
        type="search"
        name={name}
        className="input"
        defaultValue={value}
        placeholder={label}
        aria-label={label}
      />
    </form>
  );
}
