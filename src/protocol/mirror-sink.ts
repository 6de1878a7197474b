/** What a workflow says to the mirror beside its worker: look again. It says nothing that the mirror would believe. */
export interface MirrorSinks extends Record<string, Record<string, () => void>> {
  readonly temporalKernelMirror: { readonly moved: () => void };
}
