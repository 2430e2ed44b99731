/** What may happen, in any order. Numbers pick among what there is. */
export type WorldEvent =
  | {
      readonly kind: 'create'
      readonly workspace: number
      readonly dry: boolean
      readonly auto: boolean
    }
  | { readonly kind: 'confirm' | 'discard'; readonly run: number }
  | { readonly kind: 'cancel'; readonly run: number; readonly force: boolean }
  | { readonly kind: 'register' | 'disconnect' | 'beat'; readonly agent: number }
  | { readonly kind: 'acquire'; readonly agent: number; readonly max: number }
  | { readonly kind: 'start'; readonly agent: number; readonly job: number }
  | { readonly kind: 'log' | 'check'; readonly job: number }
  | {
      readonly kind: 'finish'
      readonly job: number
      readonly result: 'succeeded' | 'failed' | 'canceled' | 'lost'
    }
  | { readonly kind: 'advance'; readonly ms: number }
  | { readonly kind: 'reap' | 'restart' }
