import { Link } from "@tanstack/react-router";
import { useTexts } from "./texts.ts";

export function Footer() {
  const t = useTexts();
  return (
    <footer className="footer small quiet">
      <div className="wrap footer-row">
        <p>{t.footer}</p>
        <nav aria-label="Benchstack" className="footer-links">
          <Link to="/competitions/public/">{t.competitions}</Link>
          <Link to="/news/">{t.news}</Link>
          <a href="/api/docs/">{t.api}</a>
        </nav>
      </div>
    </footer>
  );
}
