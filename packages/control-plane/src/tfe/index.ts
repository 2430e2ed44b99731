export { registerTfeApi } from './register-tfe-api.ts'
export { tfeServices } from './tfe-path.ts'
