/**
 * Kubernetes expands `$(NAME)` and turns `$$` into `$` in commands, arguments and values of the
 * environment. What goes through this arrives as it was.
 */
export function escapeDollars(text: string): string {
  return text.replaceAll('$', '$$$$')
}
