import "./popover.css";
import { useEffect, useId, useRef, type ReactNode } from "react";
import { useRouterState } from "@tanstack/react-router";

/**
 * A button with something that opens below it. The browser closes it with Escape and a press elsewhere, and gives the focus back.
 * Going to another address closes it too, unless it stays open because its choices stand in the address.
 */
export function Popover(props: {
  /** For people who do not see the button's picture. */
  label: string;
  button: ReactNode;
  buttonClass: string;
  className: string;
  staysOpen?: boolean;
  children: ReactNode;
}) {
  const id = useId();
  const content = useRef<HTMLDivElement>(null);
  const place = useRouterState({ select: ({ location }) => (props.staysOpen ? location.pathname : location.href) });
  useEffect(() => content.current?.hidePopover(), [place]);
  return (
    <div className={`popover-place ${props.className}`}>
      <button
        type="button"
        className={props.buttonClass}
        aria-label={props.label}
        title={props.label}
        popoverTarget={id}
      >
        {props.button}
      </button>
      <div id={id} ref={content} popover="auto" className="popover">
        {props.children}
      </div>
    </div>
  );
}
