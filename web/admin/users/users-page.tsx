import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { bytes, date, number, relative } from "../../app/format.ts";
import { PageTitle } from "../../app/page-title.tsx";
import { Pager } from "../../competitions/pager.tsx";
import { pageSize } from "../parts/given.ts";
import { Table } from "../../design/table.tsx";
import { SearchFilter, SelectFilter } from "../../design/filters.tsx";
import { useTexts as useAdminTexts } from "../texts.ts";
import { ManyActions } from "./many-actions.tsx";
import { Invitations, NewcomerActions } from "./newcomers.tsx";
import { orders, roles, states, usersQuery, type Account } from "./queries.ts";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/admin/users");

/** All accounts. What is searched and filtered stands in the address. */
export function UsersPage() {
  const t = useTexts();
  const { pages, none } = useAdminTexts();
  const search = route.useSearch();
  const { data } = useSuspenseQuery(usersQuery(search));
  return (
    <>
      <PageTitle>{pages.users}</PageTitle>
      <div className="admin-head">
        <h1>
          {pages.users}
          <span className="admin-count numbers">{number(data.count)}</span>
        </h1>
        <NewcomerActions />
      </div>
      <div className="admin-tools">
        <SearchFilter label={t.search} value={search.q} />
        <SelectFilter
          label={t.role}
          name="role"
          value={search.role}
          all={t.roles.all}
          choices={roles.map((role) => [role, t.roles[role]] as const)}
        />
        <SelectFilter
          label={t.state}
          name="state"
          value={search.state}
          all={t.states.all}
          choices={states.map((state) => [state, t.states[state]] as const)}
        />
        <SelectFilter
          label={useAdminTexts().sort}
          name="sort"
          value={search.sort}
          all={t.orders.username}
          choices={orders.map((order) => [order, t.orders[order]] as const)}
        />
      </div>
      {/* On another page, others are chosen. */}
      <Users key={JSON.stringify(search)} users={data.results} empty={none} />
      <Pager page={search.page ?? 1} pageSize={pageSize} count={data.count} />
      <Invitations />
    </>
  );
}

function Users({ users, empty }: { users: Account[]; empty: string }) {
  const t = useTexts();
  const { never, pages } = useAdminTexts();
  const [chosen, setChosen] = useState<readonly number[]>([]);
  const toggle = (id: number) =>
    setChosen(chosen.includes(id) ? chosen.filter((other) => other !== id) : [...chosen, id]);
  return (
    <>
      <ManyActions users={users.filter(({ id }) => chosen.includes(id))} />
      <Table
        label={pages.users}
        rows={users}
        rowKey={({ id }) => id}
        empty={empty}
        columns={[
          {
            head: t.user,
            cell: ({ id, username, display_name: name }) => (
              <>
                <Link to="/admin/users/$id/" params={{ id: String(id) }}>
                  {username}
                </Link>
                {name && <span className="quiet"> · {name}</span>}
              </>
            ),
          },
          {
            head: (
              <input
                type="checkbox"
                className="admin-select"
                aria-label={t.selectAll}
                checked={users.length > 0 && chosen.length === users.length}
                onChange={({ target }) => setChosen(target.checked ? users.map(({ id }) => id) : [])}
              />
            ),
            cell: ({ id, username }) => (
              <input
                type="checkbox"
                className="admin-select"
                aria-label={t.select(username)}
                checked={chosen.includes(id)}
                onChange={() => toggle(id)}
              />
            ),
          },
          { head: t.state, cell: (user) => <Marks user={user} /> },
          { head: t.lastSeen, cell: ({ last_seen: seen }) => (seen ? relative(seen) : never) },
          { head: t.submissions, cell: ({ submissions }) => number(submissions), isNumber: true },
          { head: t.storage, cell: ({ storage_bytes: size }) => bytes(size), isNumber: true },
          { head: t.mail, cell: ({ email }) => email },
          { head: t.joined, cell: ({ joined_when: joined }) => date(joined) },
        ]}
      />
    </>
  );
}

/** What is special about an account. */
export function Marks({ user }: { user: Account }) {
  const t = useTexts();
  return (
    <span className="admin-actions">
      {user.is_superuser && <span className="pill accent">{t.administrator}</span>}
      {user.is_bot && <span className="pill">{t.bot}</span>}
      {user.is_banned && <span className="pill bad">{t.banned}</span>}
      {!user.email_is_confirmed && <span className="pill wait">{t.unconfirmed}</span>}
    </span>
  );
}
