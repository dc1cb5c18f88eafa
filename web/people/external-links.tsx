import { useTexts } from "./texts.ts";

/** Links that a person or an organization gives. */
export function ExternalLinks(props: {
  website: string | null;
  github: string | null;
  linkedin: string | null;
  twitter: string | null;
}) {
  const t = useTexts();
  const links = (
    [
      [t.website, props.website],
      ["GitHub", props.github],
      ["LinkedIn", props.linkedin],
      ["Twitter", props.twitter],
    ] as const
  ).filter((link): link is readonly [string, string] => Boolean(link[1]));
  if (links.length === 0) return null;
  return (
    <ul className="profile-links" aria-label={t.links}>
      {links.map(([name, url]) => (
        <li key={name}>
          <a href={url} rel="nofollow noopener ugc">
            {name}
          </a>{" "}
          <span className="small quiet">{URL.canParse(url) ? new URL(url).host : ""}</span>
        </li>
      ))}
    </ul>
  );
}
