/** Whether evidence answers this request. */
export * from './binding.ts';
export * from './issued.ts';
