import { dollars, number } from "../app/format.ts";
import "../design/record-table.css";
import { Dialog } from "../design/dialog.tsx";
import type { Invoice } from "./queries.ts";
import { useTexts } from "./texts.ts";

/** Each step of each attempt, with its price. */
export default function InvoiceDialog({ invoice, onClose }: { invoice: Invoice; onClose: () => void }) {
  const t = useTexts();
  const amount = (text: string | null) => (text === null ? t.invoice.unknown : dollars(text));
  return (
    <Dialog title={t.invoice.title} onClose={onClose}>
      <div className="scores-scroll" tabIndex={0} role="region" aria-label={t.invoice.title}>
        <table className="record-table table-plain">
          <thead>
            <tr>
              {[t.invoice.step, t.invoice.on, t.invoice.seconds, t.invoice.perHour, t.invoice.cost].map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {invoice.lines.map(({ task, attempt, step, on, seconds, usd_per_hour: price, usd, paid_by: payer }) => (
              <tr key={`${task?.id} ${attempt} ${step}`}>
                <th scope="row">{[task?.name, step].filter(Boolean).join(" · ")}</th>
                <td>{on}</td>
                <td>{number(seconds, { maximumFractionDigits: 1 })}</td>
                <td>{amount(price)}</td>
                <td>{payer === "platform" ? amount(usd) : t.run.ownersMachine}</td>
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr data-primary="true">
              <th scope="row">{t.invoice.total}</th>
              <td colSpan={4}>{amount(invoice.total_usd)}</td>
            </tr>
          </tfoot>
        </table>
      </div>
      <div className="dialog-actions">
        <button type="button" className="button main" onClick={onClose}>
          {t.invoice.close}
        </button>
      </div>
    </Dialog>
  );
}
