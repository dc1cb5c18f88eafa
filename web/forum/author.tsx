import { Link } from "@tanstack/react-router";
import { Avatar } from "../people/avatar.tsx";
import type { Post } from "./queries.ts";
import { useTexts } from "./texts.ts";

/** Who wrote something. Without a link where names are hidden. */
export function Author({ author }: { author: Post["author"] }) {
  const t = useTexts();
  return (
    <span className="forum-author">
      <Avatar name={author.display_name} photo={null} />
      {author.username === null ? (
        <b>{author.display_name}</b>
      ) : (
        <Link to="/profiles/user/$name/" params={{ name: author.username }}>
          {author.display_name}
        </Link>
      )}
      {author.is_organizer && <span className="pill accent">{t.organizer}</span>}
    </span>
  );
}
