export {
  MachineAdmission,
  unlimitedAdmission,
  type Admission,
  type AdmissionVerdict,
  type MachineAdmissionOptions,
} from './admission.ts'
export { type MachineMemory } from './machine-memory.ts'
export { Scheduler, type SchedulerOptions } from './scheduler.ts'
export { Slots, type Slot } from './slots.ts'
