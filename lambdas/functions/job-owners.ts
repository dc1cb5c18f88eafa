import { submissionJobs } from "../competitions/service/submission-job-owner.ts";
import { runJobs } from "../worksheets/service/runs/run-job-owner.ts";
import { byKind, type JobOwners } from "../jobs/service/job-owner.ts";

/** The owner of each kind of job: it is told what happens to its jobs. */
export const jobOwners: JobOwners = byKind(submissionJobs, runJobs);
