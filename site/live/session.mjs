import { load } from "hawser/session";

export async function main({ url, print, loadOptions }) {
  const { Session } = await load(loadOptions);
  const options = { backoffBase: 2_000, jitter: "none" };
  const session = new Session(url, ["echo.v1"], options);
  session.onstatuschange = () => {
    const { state, retryIn } = session.status;
    const isWaiting = state === "waiting";
    print(isWaiting ? `waiting, retry in ${Math.round(retryIn)} ms` : state);
  };

  const count = 8;
  let sent = 0;
  const timer = setInterval(() => {
    const { delivery } = session.send(`message ${++sent}`);
    print(`message ${sent} ${delivery}`);
    if (sent === count) clearInterval(timer);
  }, 500);

  await new Promise((resolve) => {
    session.onmessage = ({ data }) => {
      print(`received ${data}`);
      if (data === `message ${count}`) resolve();
    };
  });
  session.close();
}
