export { accessTable, callersOf, type Caller, type Room } from './access-table.ts'
