import { useTexts } from "./texts.ts";

/** Codes that are shown once. */
export function RecoveryCodes({ codes, name }: { codes: string[]; name: string }) {
  const t = useTexts();
  const file = `data:text/plain;charset=utf-8,${encodeURIComponent(`${codes.join("\n")}\n`)}`;
  return (
    <div role="status" className="settings-card-head">
      <p className="notice wait">{t.recoveryAbout}</p>
      <ul className="settings-codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <p>
        <a className="button" href={file} download={`recovery-codes-${name}.txt`}>
          {t.downloadCodes}
        </a>
      </p>
    </div>
  );
}
