export default function Page() {
  return <p>Clerk delivers to /api/webhooks/clerk</p>
}
