/** Whether a text is an address to which requests can be sent. */
export const isHttpUrl = (text: string): boolean => URL.canParse(text) && /^https?:/.test(text)
