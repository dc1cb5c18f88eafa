/** Labels of the containers that workers create. */
export const labels = { worker: "benchstack.worker", attempt: "benchstack.attempt", network: "benchstack.network" };
