export { registerTfeApi } from './register-tfe-api.ts'
export { tfePath, tfeServices } from './tfe-path.ts'
