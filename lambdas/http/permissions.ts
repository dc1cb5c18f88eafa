import * as z from "zod";
import { permissionNames, type ObjectKind } from "../policy/policy.ts";

/** The schema of what `permissions` of the policy says about a kind of object. */
export const permissionsSchema = (kind: ObjectKind) =>
  z
    .object(Object.fromEntries(permissionNames(kind).map((name) => [name, z.boolean()])))
    .meta({ description: "What you may do, if its state allows it as well" });
