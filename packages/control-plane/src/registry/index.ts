export { moduleRegistryPath, registerModuleRegistry } from './register-module-registry.ts'
