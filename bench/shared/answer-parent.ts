/** Answers the messages of the process that started this one, and ends with it. */
export function answerParent<Question>(answer: (question: Question) => unknown): void {
  process.on('message', async (question) => {
    process.send?.(await answer(question as Question))
  })
  process.once('disconnect', () => process.exit())
}
