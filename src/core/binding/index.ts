/** Whether evidence answers this request. */
export * from './binding.ts';
