import "./logo.css";

/** The picture of a competition, or a landscape of its own if it has none. It only decorates: the title stands beside it. */
export function Logo({ id, url, size }: { id: number; url: string | null; size: number }) {
  if (url !== null) return <img className="logo" src={url} alt="" width={size} height={size} />;
  const hue = (id * 137) % 360;
  return (
    <svg className="logo" width={size} height={size} viewBox="0 0 48 48" aria-hidden="true">
      <rect width="48" height="48" fill={`hsl(${hue} 42% 42%)`} />
      <circle cx={14 + ((id * 7) % 20)} cy="20" r="8" fill={`hsl(${(hue + 60) % 360} 65% 75%)`} />
      <path d="M0 31q12-8 24-1t24 0v18H0Z" fill={`hsl(${(hue + 180) % 360} 45% 24%)`} />
    </svg>
  );
}
