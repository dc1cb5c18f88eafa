/** Paths of 24 by 24 pixels, drawn with lines. */
const paths = {
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14Zm5-2 4.5 4.5",
  menu: "M4 7h16M4 12h16M4 17h16",
  theme: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Zm0-18v18",
  file: "M6 3h8l4 4v14H6Zm8 0v4h4",
  download: "M12 4v11m-5-5 5 5 5-5M5 20h14",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  lock: "M6 11h12v9H6Zm2 0V8a4 4 0 0 1 8 0v3",
} as const;

/** A picture beside a text that says the same. */
export function Icon({ name }: { name: keyof typeof paths }) {
  return (
    <svg
      aria-hidden="true"
      width="18"
      height="18"
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={paths[name]} />
      {name === "theme" && <path d="M12 3a9 9 0 0 0 0 18Z" fill="currentColor" />}
    </svg>
  );
}
