import { linkOptions } from "@tanstack/react-router";

/** The pages of the administration, in order. Names are keys of its texts. */
export const sections = [
  {
    group: "platform",
    pages: [
      { text: "usage", link: linkOptions({ to: "/admin/usage/" }) },
      { text: "storage", link: linkOptions({ to: "/admin/storage/" }) },
      { text: "spend", link: linkOptions({ to: "/admin/spend/" }) },
      { text: "queues", link: linkOptions({ to: "/admin/queues/" }) },
      { text: "hosts", link: linkOptions({ to: "/admin/hosts/" }) },
      { text: "maintenance", link: linkOptions({ to: "/admin/maintenance/" }) },
    ],
  },
  {
    group: "people",
    pages: [
      { text: "users", link: linkOptions({ to: "/admin/users/" }) },
      { text: "mails", link: linkOptions({ to: "/admin/mails/" }) },
    ],
  },
  {
    group: "content",
    pages: [
      { text: "competitions", link: linkOptions({ to: "/admin/competitions/" }) },
      { text: "announcements", link: linkOptions({ to: "/admin/announcements/" }) },
      { text: "news", link: linkOptions({ to: "/admin/news/" }) },
      { text: "audit", link: linkOptions({ to: "/admin/audit/" }) },
    ],
  },
] as const;
