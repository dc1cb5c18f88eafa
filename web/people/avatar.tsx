import "./avatar.css";

/** The photo of a person or an organization, or their initials. The name stands beside it. */
export function Avatar({ name, photo, size }: { name: string; photo: string | null; size?: "large" }) {
  const pixels = size === "large" ? 128 : 28;
  return photo === null ? (
    <span className="person-avatar" data-size={size} data-initials={initials(name)} aria-hidden="true" />
  ) : (
    <img className="person-avatar" data-size={size} src={photo} alt="" width={pixels} height={pixels} />
  );
}

/** The first letters of the first two words, or of the only one. */
function initials(name: string): string {
  const [first = "", second] = name.split(/[\s_-]+/).filter(Boolean);
  return (second === undefined ? first.slice(0, 2) : first.slice(0, 1) + second.slice(0, 1)).toUpperCase();
}
