# One robot as a service: docker build -t robo-os . && docker run -p 8000:8000 -e ANTHROPIC_API_KEY robo-os
# It prints its tokens when it first starts; -v llmos:/home/llmos/.llmos keeps them, the journals and the volumes.
FROM python:3.11-slim

RUN apt-get update \
 && apt-get install -y --no-install-recommends git libegl1 libgl1-mesa-dri \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 1000 llmos

WORKDIR /app
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . .
RUN pip install --no-cache-dir --no-deps --no-build-isolation .

USER llmos
# a new volume takes its owner from the folder that it is mounted on
RUN mkdir -m 700 /home/llmos/.llmos
WORKDIR /home/llmos/work
ENV LLMOS_HOME=/home/llmos/.llmos PYTHONUNBUFFERED=1
EXPOSE 8000
HEALTHCHECK --start-period=30s CMD ["python", "-c", "import socket; socket.create_connection(('127.0.0.1', 8000), 3).close()"]
CMD ["llmos", "serve", "--host", "0.0.0.0"]
