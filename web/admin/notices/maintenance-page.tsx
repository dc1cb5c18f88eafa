import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { api, ask } from "../../api/client.ts";
import { configQuery } from "../../api/session.ts";
import { dateTime } from "../../app/format.ts";
import { PageTitle } from "../../app/page-title.tsx";
import { Field, TextArea } from "../../design/field.tsx";
import { given, givenMoment, momentValue } from "../../app/form.ts";
import { Action } from "../parts/action.tsx";
import { useTexts as useAdminTexts } from "../texts.ts";
import { maintenanceQuery } from "./queries.ts";
import { useTexts } from "./texts.ts";

/** Turns maintenance mode on and off. */
export function MaintenancePage() {
  const t = useTexts();
  const { pages } = useAdminTexts();
  const client = useQueryClient();
  const {
    data: { maintenance },
  } = useSuspenseQuery(maintenanceQuery);
  const change = async (done: Promise<unknown>) => {
    await done;
    await client.invalidateQueries(configQuery);
  };
  const turnOn = (form: FormData) =>
    change(
      ask(
        api.PUT("/api/maintenance/", {
          body: { message: given(form, "message"), planned_end: givenMoment(form, "end") },
        }),
      ),
    );
  return (
    <>
      <PageTitle>{pages.maintenance}</PageTitle>
      <h1>{pages.maintenance}</h1>
      <section className="card admin-panel">
        <h2>{maintenance ? t.on : t.off}</h2>
        {maintenance && (
          <>
            {maintenance.message && <p>{maintenance.message}</p>}
            <p className="small quiet">
              {t.since(dateTime(maintenance.began_when))}{" "}
              {maintenance.planned_end && t.plannedEnd(dateTime(maintenance.planned_end))}
            </p>
          </>
        )}
        <p className="admin-lead quiet">{t.aboutMaintenance}</p>
        <div className="admin-buttons">
          <Action
            label={maintenance ? t.changeMaintenance : t.turnOn}
            title={maintenance ? t.changeMaintenance : t.turnOnTitle}
            submit={maintenance ? t.changeMaintenance : t.turnOn}
            run={turnOn}
          >
            <TextArea label={t.message} name="message" maxLength={500} defaultValue={maintenance?.message ?? ""} />
            <Field
              label={t.end}
              name="end"
              type="datetime-local"
              defaultValue={momentValue(maintenance?.planned_end)}
            />
          </Action>
          {maintenance && (
            <Action
              label={t.turnOff}
              title={t.turnOffTitle}
              submit={t.turnOff}
              run={() => change(ask(api.DELETE("/api/maintenance/")))}
            >
              <p>{t.turnOffAbout}</p>
            </Action>
          )}
        </div>
      </section>
    </>
  );
}
