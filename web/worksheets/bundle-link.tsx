import "../design/record-table.css";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

/** The way to a bundle's page. */
export const BundleLink = ({ uuid, children }: { uuid: string; children: ReactNode }) => (
  <Link to="/bundles/$uuid/" params={{ uuid }} className="record-name">
    {children}
  </Link>
);
