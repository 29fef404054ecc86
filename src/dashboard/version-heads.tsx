/** The heads of the two columns that every comparison has. */
export function VersionHeads() {
  return (
    <>
      <th scope="col" class="num canary">
        canary
      </th>
      <th scope="col" class="num stable">
        stable
      </th>
    </>
  );
}
